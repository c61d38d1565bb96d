export const activityA = async (): Promise<string> => 'a';
export const activityB = async (): Promise<string> => 'b';
