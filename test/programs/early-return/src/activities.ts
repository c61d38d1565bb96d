export async function authorize(amount: number): Promise<string> {
  if (amount < 0) throw new Error('amount must not be negative');
  return `auth-${amount}`;
}
export async function settle(id: string): Promise<string> {
  return `settled ${id}`;
}
export async function cancel(_id: string): Promise<void> {}
