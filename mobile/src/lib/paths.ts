import { resolve } from "$app/paths";

/** Every link of the app. */
export const paths = {
  today: () => resolve("/"),
  customers: () => resolve("/customers"),
  newCustomer: () => resolve("/customers/new"),
  customer: (id: string) => resolve("/customers/[id]", { id }),
  editCustomer: (id: string) => resolve("/customers/[id]/edit", { id }),
  customerHistory: (id: string) => resolve("/customers/[id]/history", { id }),
  customerVisits: (id: string) => resolve("/customers/[id]/visits", { id }),
  catalogue: (id: string) => resolve("/customers/[id]/order", { id }),
  cart: (id: string) => resolve("/customers/[id]/order/cart", { id }),
  visit: (id: string) => resolve("/visits/[id]", { id }),
  visitHistory: (id: string) => resolve("/visits/[id]/history", { id }),
  orders: () => resolve("/orders"),
  customerOrders: (id: string) => `${resolve("/orders")}?customer=${encodeURIComponent(id)}` as const,
  order: (id: string) => resolve("/orders/[id]", { id }),
  orderHistory: (id: string) => resolve("/orders/[id]/history", { id }),
  changeOrder: (id: string) => resolve("/orders/[id]/change", { id }),
  attention: () => resolve("/attention"),
  // Not /sync: that is the server's socket.
  sync: () => resolve("/status"),
};
