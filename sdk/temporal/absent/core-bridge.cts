throw new Error(
  '@temporalio/core-bridge is not part of Perdure: it is the native core of Temporal’s Workers, and Workers of Perdure are called ' +
    'over HTTP. What programs use of it, @temporalio/worker has. See docs/compatibility.md.',
);
