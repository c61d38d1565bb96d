/** What an order needs: here, sentences. */

export const checkFraud = async (id: string): Promise<string> => `${id} is honest`;
export const charge = async (id: string): Promise<string> => `${id} is paid`;
export const ship = async (id: string): Promise<string> => `${id} is shipped`;
