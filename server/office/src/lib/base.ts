/** Where the server serves the console. */
export const BASE = "/office";
