export * from './src/order';
