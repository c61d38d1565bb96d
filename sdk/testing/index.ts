/**
 * Testing workflows without a platform.
 * @module perdure/testing
 */

export { TestWorkflowEnvironment, type TimeSkippingOptions } from './test-environment.ts';
