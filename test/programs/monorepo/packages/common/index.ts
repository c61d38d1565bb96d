export const taskQueue = 'durable-delivery';
export interface Product {
  id: number;
  name: string;
  cents: number;
}
export const products: Product[] = [
  { id: 1, name: 'Soup', cents: 500 },
  { id: 2, name: 'Bread', cents: 100 },
];
export const getProductById = (id: number) => products.find((p) => p.id === id);
export function errorMessage(error: unknown): string | undefined {
  return error instanceof Error ? error.message : typeof error === 'string' ? error : undefined;
}
