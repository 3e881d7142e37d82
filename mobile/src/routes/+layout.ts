// The whole app runs on the phone.
export const ssr = false;
