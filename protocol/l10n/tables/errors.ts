export const errorText = {} as const;
