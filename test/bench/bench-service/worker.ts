/** What an activity is to those who have none: another Worker, which does nothing. */

export default { fetch: async () => new Response('done') } satisfies ExportedHandler;
