// The console is a client of the API: nothing is rendered on a server.
export const ssr = false;
