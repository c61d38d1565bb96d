const { proxyActivities, sleep } = require('@temporalio/workflow');

const { greet } = proxyActivities({ startToCloseTimeout: '1 minute' });

/** A workflow that simply calls an activity */
async function example(name) {
  await sleep(1);
  return greet(name);
}

module.exports = { example };
