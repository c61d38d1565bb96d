export const charge = async (order: string): Promise<string> => `charged ${order}`;
export const ship = async (order: string): Promise<string> => `shipped ${order}`;
export const refund = async (order: string): Promise<string> => `refunded ${order}`;
