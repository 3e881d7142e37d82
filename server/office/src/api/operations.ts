import { answer, api } from "./client.ts";
import type { ContactView, Request } from "./types.ts";

/** What the office does to customers: the operations of the phones, recorded by the server's own device. */
export const operations = {
  edit: (customer: string, fields: Record<string, string>) => run({ operation: "customer.edit", customer, fields }),
  setActive: (customer: string, active: boolean) => run({ operation: "customer.set_active", customer, active }),
  choose: (customer: string, field: string, value: string) => run({ operation: "customer.choose", customer, field, value }),
  saveContact: (customer: string, { id, ...contact }: Omit<ContactView, "id"> & { id?: string }) =>
    run({ operation: "customer.save_contact", customer, ...(id ? { contact: id } : {}), ...contact }),
  removeContact: (customer: string, contact: string) => run({ operation: "customer.remove_contact", customer, contact }),
};

async function run(body: Request): Promise<void> {
  await answer(api.POST("/api/operations", { body }));
}
