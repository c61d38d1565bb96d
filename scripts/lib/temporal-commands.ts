/**
 * Temporal's command line beside ours: every command and flag of theirs is there, or stands here with the reason why not.
 * Their names, as their reference has them; flags that all commands share stand once, under "".
 */

const INPUT = '--input --input-file --input-base64 --input-meta';
const START = `--type --task-queue --workflow-id ${INPUT} --execution-timeout --run-timeout --task-timeout --id-reuse-policy \
--id-conflict-policy --fail-existing --cron --start-delay --memo --search-attribute --static-summary --static-details --headers \
--priority-key --fairness-key --fairness-weight`;
const ONE = '--workflow-id --run-id';
const MANY = `${ONE} --query --reason --rps --yes --headers`;
const SCHEDULE = `--schedule-id --calendar --catchup-window --cron --end-time --interval --jitter --notes --overlap-policy \
--pause-on-failure --paused --remaining-actions --schedule-memo --schedule-search-attribute --start-time --time-zone --type \
--task-queue --workflow-id ${INPUT} --execution-timeout --run-timeout --task-timeout --memo --search-attribute --static-summary \
--static-details --headers --priority-key --fairness-key --fairness-weight`;
const UPDATE_START = `${START} --update-name --update-id --update-input --update-input-file --update-input-base64 \
--update-input-meta --update-first-execution-run-id --run-id`;
const ACTIVITIES = `${ONE} --activity-id --activity-type`;
const ACTIVITY_START = `--activity-id --type --task-queue ${INPUT} --schedule-to-close-timeout --schedule-to-start-timeout \
--start-to-close-timeout --heartbeat-timeout --retry-initial-interval --retry-maximum-interval --retry-backoff-coefficient \
--retry-maximum-attempts --id-reuse-policy --id-conflict-policy --headers --static-summary --priority-key --fairness-key --fairness-weight`;
const ONE_ACTIVITY = '--activity-id --run-id';
const VERSION = '--deployment-name --build-id';

/** Command → its flags. */
export const temporalCommands: Record<string, string> = {
  '': `--address --namespace --api-key --codec-endpoint --codec-auth --codec-header --env --env-file --output --identity \
--client-authority --grpc-meta --tls --tls-ca-data --tls-ca-path --tls-cert-data --tls-cert-path --tls-key-data --tls-key-path \
--tls-disable-host-verification --tls-server-name --color --command-timeout --client-connect-timeout --config-file --profile \
--disable-config-env --disable-config-file --log-format --log-level --no-json-shorthand-payloads --time-format`,
  'workflow start': START,
  'workflow execute': `${START} --detailed`,
  'workflow signal-with-start': `${START} --signal-name --signal-input --signal-input-file --signal-input-base64 --signal-input-meta`,
  'workflow execute-update-with-start': UPDATE_START,
  'workflow start-update-with-start': `${UPDATE_START} --update-wait-for-stage`,
  'workflow list': '--query --limit --page-size --archived',
  'workflow count': '--query',
  'workflow describe': `${ONE} --raw --reset-points`,
  'workflow show': `${ONE} --follow --detailed --reverse`,
  'workflow result': ONE,
  'workflow query': `${ONE} --name ${INPUT} --reject-condition --headers`,
  'workflow stack': `${ONE} --reject-condition`,
  'workflow metadata': `${ONE} --reject-condition`,
  'workflow trace': `${ONE} --depth --fold --no-fold --concurrency`,
  'workflow signal': `${MANY} --name ${INPUT}`,
  'workflow cancel': MANY,
  'workflow terminate': `${ONE} --query --reason --rps --yes`,
  'workflow delete': MANY,
  'workflow pause': `${ONE} --reason`,
  'workflow unpause': `${ONE} --reason`,
  'workflow reset': `${ONE} --query --yes --event-id --type --build-id --reason --reapply-type --reapply-exclude`,
  'workflow reset with-workflow-update-options':
    '--versioning-override-behavior --versioning-override-build-id --versioning-override-deployment-name',
  'workflow update execute': `${ONE} --name ${INPUT} --update-id --first-execution-run-id --headers`,
  'workflow update start': `${ONE} --name ${INPUT} --update-id --first-execution-run-id --headers --wait-for-stage`,
  'workflow update describe': `${ONE} --update-id`,
  'workflow update result': `${ONE} --update-id`,
  'workflow update-options': `${MANY} --versioning-override-behavior --versioning-override-deployment-name --versioning-override-build-id`,
  'workflow fix-history-json': '--source --target',
  'activity complete': `${ONE} --activity-id --result`,
  'activity fail': `${ONE} --activity-id --reason --detail`,
  'activity pause': `${ACTIVITIES} --reason --identity`,
  'activity unpause': `${ACTIVITIES} --reset-attempts --reset-heartbeats --jitter --match-all --query --reason --rps --yes`,
  'activity reset': `${ACTIVITIES} --reset-heartbeats --keep-paused --restore-original-options --jitter --match-all --query --reason --rps --yes`,
  'activity update-options': `${ACTIVITIES} --task-queue --schedule-to-close-timeout --schedule-to-start-timeout \
--start-to-close-timeout --heartbeat-timeout --retry-initial-interval --retry-maximum-interval --retry-backoff-coefficient \
--retry-maximum-attempts --restore-original-options --match-all --query --reason --rps --yes`,
  'activity list': '--query --limit --page-size',
  'activity start': ACTIVITY_START,
  'activity execute': ACTIVITY_START,
  'activity result': ONE_ACTIVITY,
  'activity describe': `${ONE_ACTIVITY} --raw`,
  'activity cancel': `${ONE_ACTIVITY} --reason`,
  'activity terminate': `${ONE_ACTIVITY} --reason`,
  'activity delete': ONE_ACTIVITY,
  'activity count': '--query',
  'schedule create': SCHEDULE,
  'schedule update': SCHEDULE,
  'schedule describe': '--schedule-id',
  'schedule delete': '--schedule-id',
  'schedule list': '--query --long --really-long',
  'schedule list-matching-times': '--schedule-id --start-time --end-time',
  'schedule toggle': '--schedule-id --pause --unpause --reason',
  'schedule trigger': '--schedule-id --overlap-policy',
  'schedule backfill': '--schedule-id --start-time --end-time --overlap-policy',
  'batch list': '--limit',
  'batch describe': '--job-id',
  'batch terminate': '--job-id --reason',
  'task-queue describe': `--task-queue --task-queue-type --select-build-id --select-unversioned --select-all-active \
--report-reachability --report-config --disable-stats --legacy-mode --partitions-legacy --task-queue-type-legacy`,
  'task-queue config get': '--task-queue --task-queue-type',
  'task-queue config set': `--task-queue --task-queue-type --queue-rps-limit --queue-rps-limit-reason \
--fairness-key-rps-limit-default --fairness-key-rps-limit-reason --fairness-key-weight --fairness-key-weight-clear-all`,
  'task-queue list-partition': '',
  'task-queue get-build-ids': '',
  'task-queue get-build-id-reachability': '',
  'task-queue update-build-ids': '',
  'task-queue versioning': '',
  'worker list': '--query --limit --include-system-workers',
  'worker count': '--query --include-system-workers',
  'worker describe': '--worker-instance-key',
  'worker deployment list': '',
  'worker deployment describe': '--name',
  'worker deployment describe-version': `${VERSION} --report-task-queue-stats`,
  'worker deployment set-current-version': `${VERSION} --unversioned --allow-no-pollers --ignore-missing-task-queues --yes`,
  'worker deployment set-ramping-version': `${VERSION} --unversioned --percentage --delete --allow-no-pollers --ignore-missing-task-queues --yes`,
  'worker deployment delete': '--name',
  'worker deployment delete-version': `${VERSION} --skip-drainage`,
  'worker deployment update-version-metadata': '',
  'worker deployment create-version': '',
  'worker deployment update-version-compute-config': '',
  'worker deployment manager-identity': '',
  'worker deployment create': '',
  'operator namespace create': `--description --email --retention --data --active-cluster --cluster --global \
--history-archival-state --history-uri --visibility-archival-state --visibility-uri`,
  'operator namespace update': `--description --email --retention --data --active-cluster --cluster --promote-global \
--history-archival-state --history-uri --visibility-archival-state --visibility-uri --replication-state`,
  'operator namespace describe': '--namespace-id',
  'operator namespace list': '',
  'operator namespace delete': '--yes',
  'operator search-attribute create': '--name --type',
  'operator search-attribute list': '',
  'operator search-attribute remove': '--name --yes',
  'operator cluster health': '',
  'operator cluster describe': '--detail',
  'operator cluster system': '',
  'operator cluster list': '',
  'operator cluster upsert': '',
  'operator cluster remove': '',
  'operator nexus endpoint': '',
  nexus: '',
  cloud: '',
  'env list': '',
  'env get': '--key',
  'env set': '--key --value',
  'env delete': '--key',
  config: '',
  'server start-dev': `--db-filename --port --namespace --ip --http-port --ui-port --ui-ip --ui-public-path --ui-asset-path \
--ui-codec-endpoint --headless --search-attribute --dynamic-config-value --sqlite-pragma --metrics-port --log-config --log-level`,
};

const OLD = 'Superseded at Temporal: `worker deployment`.';
const SERVERLESS =
  'Of Temporal Cloud: it starts Workers itself. Here Workers are deployed by those who own them.';
const ONE_ENGINE = 'An engine is one: there are no other clusters.';

/** Beginnings of commands count for all commands under them. */
export const absentCommands: Record<string, string> = {
  'workflow reset with-workflow-update-options': '`workflow update-options` on the new run does it.',
  'workflow fix-history-json': 'For histories of Temporal’s old command line.',
  'task-queue list-partition': 'Task queues have no partitions.',
  'task-queue get-build-ids': OLD,
  'task-queue get-build-id-reachability': OLD,
  'task-queue update-build-ids': OLD,
  'task-queue versioning': OLD,
  'worker deployment update-version-metadata': 'Versions have no metadata of their own.',
  'worker deployment create-version': SERVERLESS,
  'worker deployment update-version-compute-config': SERVERLESS,
  'worker deployment manager-identity':
    'There is no manager identity: roles say who may change a deployment.',
  'worker deployment create': 'A deployment is known once one of its Workers is.',
  'operator cluster list': ONE_ENGINE,
  'operator cluster upsert': ONE_ENGINE,
  'operator cluster remove': ONE_ENGINE,
  'operator nexus': 'There is no Nexus.',
  nexus: 'There is no Nexus.',
  cloud: 'Of Temporal Cloud: accounts, regions, users.',
  config: '`env` has profiles.',
};

const JSON_INPUT =
  'Arguments are JSON, on the command line or in files; the client has converters for others.';
const TLS = 'The address says it: `https://…`. Certificates of your own: NODE_EXTRA_CA_CERTS.';
const NO_QUERY = 'Of one workflow at a time.';
const GLOBAL = 'An engine is one: there are no other clusters.';
const UI = 'The Web UI is served by the engine itself, below `/ui/`.';

/** By flag, or by command and flag where it is there in others. */
export const absentFlags: Record<string, string> = {
  '--input-base64': JSON_INPUT,
  '--input-meta': JSON_INPUT,
  '--signal-input-base64': JSON_INPUT,
  '--signal-input-meta': JSON_INPUT,
  '--update-input-base64': JSON_INPUT,
  '--update-input-meta': JSON_INPUT,
  '--headers': 'Headers are for interceptors: use the client.',
  '--detailed': '`-o json` has everything.',
  '--raw': '`-o json` is it.',
  '--reset-points': '`workflow show` has the workflow tasks, whose numbers `reset --event-id` takes.',
  '--archived': 'There is no archive with a list of its own.',
  '--page-size': '`--limit` pages by itself.',
  '--concurrency': 'All of a level are read at once.',
  '--reject-condition': 'Closed workflows answer queries; the client has the option.',
  '--reapply-type': 'Superseded by `--reapply-exclude`.',
  '--codec-header': '`--codec-auth` is the one header.',
  '--env-file': 'PERDURE_ENV_FILE names it.',
  '--client-authority': 'Of gRPC: there is none.',
  '--grpc-meta': 'Of gRPC: there is none.',
  ...Object.fromEntries(
    [
      '',
      '-ca-data',
      '-ca-path',
      '-cert-data',
      '-cert-path',
      '-key-data',
      '-key-path',
      '-disable-host-verification',
      '-server-name',
    ].map((name) => [`--tls${name}`, TLS]),
  ),
  '--color': 'Colours only on a terminal, and not with NO_COLOR.',
  '--client-connect-timeout': 'Two seconds.',
  '--config-file': '`env` has profiles.',
  '--profile': '`--env`.',
  '--disable-config-env': '`env -u PERDURE_ADDRESS perdure …`.',
  '--disable-config-file': 'PERDURE_ENV_FILE=/dev/null… names another file.',
  '--log-format': 'A command logs nothing: it answers, or says why not.',
  ' --log-level': 'A command logs nothing: it answers, or says why not.',
  '--no-json-shorthand-payloads': 'JSON output has the long form always.',
  '--time-format': 'Times are ISO 8601, in UTC.',
  '--jitter': 'There is no jitter of resumed activities.',
  '--match-all': '`--all`.',
  '--update-first-execution-run-id': 'The workflow that runs is meant, whichever run it is.',
  'workflow execute-update-with-start --run-id': 'The workflow that runs is meant, whichever run it is.',
  'workflow start-update-with-start --run-id': 'The workflow that runs is meant, whichever run it is.',
  'workflow update-options --query': NO_QUERY,
  'workflow update-options --reason': NO_QUERY,
  'workflow update-options --rps': NO_QUERY,
  '--report-task-queue-stats': '`task-queue describe` has them.',
  'activity unpause --query': NO_QUERY,
  'activity reset --query': NO_QUERY,
  'activity update-options --query': NO_QUERY,
  'activity unpause --reason': NO_QUERY,
  'activity reset --reason': NO_QUERY,
  'activity update-options --reason': NO_QUERY,
  'activity unpause --rps': NO_QUERY,
  'activity reset --rps': NO_QUERY,
  'activity update-options --rps': NO_QUERY,
  'schedule update --schedule-memo': 'A schedule keeps the one that it was created with, as at Temporal.',
  'schedule update --schedule-search-attribute':
    'A schedule keeps those that it was created with, as at Temporal.',
  '--long': '`-o json`.',
  '--really-long': '`-o json`.',
  '--select-build-id': '`worker deployment describe-version` says what a version serves.',
  '--select-unversioned': '`worker deployment describe-version` says what a version serves.',
  '--select-all-active': '`worker deployment describe-version` says what a version serves.',
  '--report-reachability': '`worker deployment describe-version` counts the runs that need a version.',
  '--fairness-key-weight-clear-all': '`--fairness-key-weight KEY=default`, for each.',
  '--report-config': '`task-queue config get`.',
  '--legacy-mode': 'There is no legacy.',
  '--partitions-legacy': 'Task queues have no partitions.',
  'worker list --query': 'Workers are few: they are all listed.',
  'worker list --limit': 'Workers are few: they are all listed.',
  'worker count --query': 'Workers are few: they are all counted.',
  '--include-system-workers': 'There are none.',
  '--task-queue-type-legacy': 'There is no legacy.',
  '--active-cluster': GLOBAL,
  '--cluster': GLOBAL,
  '--global': GLOBAL,
  '--promote-global': GLOBAL,
  '--replication-state': GLOBAL,
  '--history-archival-state': 'Not a setting of a namespace.',
  '--history-uri': 'Not a setting of a namespace.',
  '--visibility-archival-state': 'Not a setting of a namespace.',
  '--visibility-uri': 'Not a setting of a namespace.',
  '--namespace-id': 'By name.',
  '--detail': 'There is no more to say.',
  '--ip': 'On this machine only: whoever else is to come in needs credentials, and so a deployed engine.',
  '--http-port': '`--port`: there is one.',
  '--ui-port': UI,
  '--ui-ip': UI,
  '--ui-public-path': UI,
  '--ui-asset-path': UI,
  '--ui-codec-endpoint': UI,
  '--headless': UI,
  'server start-dev --search-attribute': '`operator search-attribute create`, once it runs.',
  '--dynamic-config-value': '`--var NAME=value`.',
  '--sqlite-pragma': 'The platform has the database.',
  '--metrics-port': '`/metrics` of the engine.',
  '--log-config': 'There is no configuration beside the variables.',
};
