throw new Error(
  '@temporalio/nyc-test-coverage is not part of Perdure: it instruments bundles of webpack. Which branches of workflow code ' +
    'histories have reached, `replayCoverage` of perdure/testing says (docs/testing.md).',
);
