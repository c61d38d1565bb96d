throw new Error(
  '@temporalio/nexus is not part of Perdure: there are no Nexus endpoints, services and operations. To reach a workflow of another ' +
    'namespace, start, signal or update it by a client in an activity (a Client of that namespace; getClient() has the ' +
    'Worker’s own). See docs/compatibility.md.',
);
