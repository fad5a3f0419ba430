/** The form in which addresses are stored and compared: people type them in any case. */
export const normalEmail = (written: string): string => written.trim().toLowerCase();
