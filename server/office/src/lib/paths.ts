import { BASE } from "./base.ts";
import { customers, devices, orders, people, products, quarantine, visits, write, type Address } from "./filters.ts";

/** Every link of the console is built here. */
export const paths = {
  home: (): string => `${BASE}/`,
  orders: (address: Address<typeof orders> = {}): string => `${BASE}/orders${write(orders, address)}`,
  newOrder: (customer = ""): string => `${BASE}/orders/new${customer ? `?customer=${customer}` : ""}`,
  changeOrder: (id = ""): string => `${BASE}/orders/change${id ? `?order=${id}` : ""}`,
  visits: (address: Address<typeof visits> = {}): string => `${BASE}/visits${write(visits, address)}`,
  customers: (address: Address<typeof customers> = {}): string => `${BASE}/customers${write(customers, address)}`,
  duplicates: (): string => `${BASE}/customers/duplicates`,
  products: (address: Address<typeof products> = {}): string => `${BASE}/products${write(products, address)}`,
  people: (address: Address<typeof people> = {}): string => `${BASE}/people${write(people, address)}`,
  devices: (address: Address<typeof devices> = {}): string => `${BASE}/devices${write(devices, address)}`,
  imports: (open = ""): string => `${BASE}/imports${open ? `?open=${open}` : ""}`,
  erp: (): string => `${BASE}/erp`,
  restoration: (): string => `${BASE}/restoration`,
  quarantine: (address: Address<typeof quarantine> = {}): string => `${BASE}/quarantine${write(quarantine, address)}`,
};

/** Whether the address is this section or below it. */
export function isWithin(pathname: string, path: string): boolean {
  const bare = path.replace(/\/$/, "");
  return bare === BASE ? pathname.replace(/\/$/, "") === BASE : pathname === bare || pathname.startsWith(`${bare}/`);
}
