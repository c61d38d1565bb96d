throw new Error(
  '@temporalio/cloud is not part of Perdure: it manages accounts of Temporal Cloud, and a Perdure engine has none. Namespaces, API ' +
    'keys and roles of an engine are managed by `perdure operator namespace` and `perdure operator api-key` (docs/security.md).',
);
