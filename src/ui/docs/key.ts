/** The API key to try routes with, until the page is left. Somebody who is logged in to the Web UI needs none. */

let key = '';
export const setApiKey = (text: string): void => {
  key = text;
};
export const apiKey = (): string => key;
