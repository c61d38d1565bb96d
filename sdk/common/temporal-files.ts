/**
 * Files inside of Temporal's packages that programs import although they are not public: for a type that was once missing from the
 * package's own exports, or by an editor's choice. One table for all tools that make Temporal's names ours.
 */

/** A file inside of a package of Temporal's: with or without `.js`. */
export type TemporalFile = `@temporalio/${string}/lib/${string}`;

/** Package → our entry, without `perdure/`. What Temporal's client gives as messages of protobuf, `temporal/client` has so, too. */
export const temporalEntries = {
  workflow: 'workflow',
  activity: 'temporal/activity',
  client: 'temporal/client',
  common: 'common',
  worker: 'worker',
  testing: 'temporal/testing',
} as const;
export type TemporalName = keyof typeof temporalEntries;

/** Files that have an entry of ours of their own. */
const OWN_ENTRIES: Record<string, string> = {
  'common/lib/encoding': 'common/encoding',
  'common/lib/time': 'common/time',
  'common/lib/deprecated-time': 'common/time',
  'common/lib/type-helpers': 'common/type-helpers',
  'common/lib/proto-utils': 'common/proto-utils',
  'common/lib/protobufs': 'common/protobufs',
  'common/lib/converter/protobuf-payload-converters': 'common/protobufs',
  'common/lib/converter/patch-protobuf-root': 'common/protobufs',
  ...Object.fromEntries(
    `converter/payload-search-attributes interceptors reserved internal-workflow internal-workflow/index
    internal-workflow/objects-helpers internal-non-workflow internal-non-workflow/index
    internal-non-workflow/codec-helpers internal-non-workflow/data-converter-helpers internal-non-workflow/tls-config`
      .split(/\s+/)
      .map((file) => [`common/lib/${file}`, 'common/temporal-internals']),
  ),
};

/** Files whose names, as far as they are here, are those of the package. What is not here is an error of compiler and loader. */
const OF_PACKAGES: Record<TemporalName, string> = {
  workflow: `activities cancellation-scope errors interceptors interfaces logs metrics sinks trigger update-scope
    workflow-handle workflow`,
  activity: '',
  client: `async-completion-client base-client client connection errors interceptors schedule-client schedule-types
    types workflow-client workflow-options workflow-update-stage`,
  common: `activity-cancellation-details activity-options continue-as-new converter/data-converter
    converter/failure-converter converter/payload-codec converter/payload-converter converter/serialization-context converter/types errors failure
    interfaces logger metrics priority retry-policy search-attributes versioning-intent versioning-intent-enum
    worker-deployments workflow-definition-options workflow-handle workflow-options`,
  worker: `activity-log-interceptor connection connection-options errors interceptors logger replay runtime runtime-metrics
    runtime-options sinks worker-options worker-tuner worker workflow-log-interceptor workflow/bundler`,
  testing: 'client ephemeral-server mocking-activity-environment testing-workflow-environment',
};

/** File, without `.js` → our entry, without `perdure/`. The Worker is `worker`, wherever it runs. */
export const temporalFiles: Record<TemporalFile, string> = Object.fromEntries([
  ...Object.entries(OWN_ENTRIES).map(([file, entry]) => [`@temporalio/${file}`, entry]),
  ...(Object.entries(OF_PACKAGES) as [TemporalName, string][]).flatMap(([name, files]) =>
    `index ${files}`
      .split(/\s+/)
      .filter(Boolean)
      .map((file) => [`@temporalio/${name}/lib/${file}`, temporalEntries[name]]),
  ),
]);
