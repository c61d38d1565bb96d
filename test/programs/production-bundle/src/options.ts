import type { WorkerOptions } from '@temporalio/worker';

export const workflowOption = (): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> =>
  process.env.NODE_ENV === 'production'
    ? { workflowBundle: { codePath: require.resolve('../workflow-bundle.js') } }
    : { workflowsPath: require.resolve('./workflows') };
