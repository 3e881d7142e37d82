/**
 * Keys and tokens of the people who use this browser, sealed with a key that never leaves it.
 *
 * The replica's key follows from the device's own secret and a share that the server lends for a
 * time. When that time is over the share is dropped, and only a new sign-in brings it back.
 */

export interface Account {
  login: string;
  device: string;
  deviceCode: string;
  person: { id: string; name: string; role: string };
  serverKey: number[];
  seed: number[];
  share: number[] | null;
  leaseUntil: number;
  access: string;
  refresh: string;
  signedIn: boolean;
  /** Signed by the server: gets this device back at one that was set back to before its enrolment. */
  papers?: string;
  /** Where the files of this device are, and the secret that opens them, when it goes on with those
   * of another one. */
  files?: { device: string; seed: number[] };
  /** Secret of the device that will go on for this one; asking twice must not make two. */
  next?: number[];
  /** This device took over, and the engine may not know it yet. */
  succession?: Succession;
}

/** What the server said when a device took over. */
export interface Succession {
  /** It holds the journal of the one before up to this. */
  common: number;
  lost: { entries: number; setAside: number; since: number | null };
}

/** A device that was deleted here because the office ordered it. */
export interface Wiped {
  device: string;
  at: number;
  /** Its keys are gone, its files may still be here: unreadable, and in the way. */
  files: boolean;
}

const DATABASE = "roundsman";
const STORE = "vault";

export class Vault {
  /** Accounts are written one after the other: the last word counts. */
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly database: IDBDatabase,
    private readonly key: CryptoKey,
  ) {}

  static async open(): Promise<Vault> {
    const database = await openDatabase();
    let key = await read<CryptoKey>(database, "key");
    if (!key) {
      key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      await write(database, "key", key);
    }
    return new Vault(database, key);
  }

  /** The account that was used last. */
  async current(): Promise<Account | null> {
    const login = await read<string>(this.database, "current");
    return login === undefined ? null : this.account(login);
  }

  async account(login: string): Promise<Account | null> {
    const sealed = await read<{ iv: Uint8Array<ArrayBuffer>; data: ArrayBuffer }>(this.database, `account ${fold(login)}`);
    if (!sealed) return null;
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, this.key, sealed.data);
    return JSON.parse(new TextDecoder().decode(plain)) as Account;
  }

  save(account: Account): Promise<void> {
    const written = this.writing.then(() => this.write(account));
    this.writing = written.catch(() => undefined);
    return written;
  }

  /** The highest number that a device recorded, as remembered beside its journal. */
  async recorded(device: string): Promise<number> {
    return (await read<number>(this.database, `recorded ${device}`)) ?? 0;
  }

  /** Nobody waits for this: it only counts what is lost when the journal is. */
  remember(device: string, recorded: number): void {
    const transaction = this.database.transaction(STORE, "readwrite", { durability: "relaxed" });
    transaction.objectStore(STORE).put(recorded, `recorded ${device}`);
  }

  /** Forgets an account with its keys, and remembers why. Without the keys its files are noise. */
  forget(login: string, wiped: Wiped): Promise<void> {
    const forgotten = this.writing.then(async () => {
      const store = this.database.transaction(STORE, "readwrite", { durability: "strict" }).objectStore(STORE);
      store.delete(`account ${fold(login)}`);
      store.delete("current");
      await settle(store.put(wiped, "wiped"));
    });
    this.writing = forgotten.catch(() => undefined);
    return forgotten;
  }

  /** What was deleted here last, until somebody signs in again. */
  async wiped(): Promise<Wiped | null> {
    return (await read<Wiped>(this.database, "wiped")) ?? null;
  }

  /** The files of a forgotten account are gone as well. */
  async cleared(wiped: Wiped): Promise<void> {
    await write(this.database, "wiped", { ...wiped, files: false });
  }

  /** Somebody signed in again: what was deleted before is no news any more. */
  async welcomed(): Promise<void> {
    await settle(this.database.transaction(STORE, "readwrite").objectStore(STORE).delete("wiped"));
  }

  private async write(account: Account): Promise<void> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(account));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, plain);
    await write(this.database, `account ${fold(account.login)}`, { iv, data });
    await write(this.database, "current", account.login);
  }
}

/** The key of the replica's files; null when the lease is over. */
export async function fileKey(account: Account, now: number): Promise<Uint8Array | null> {
  if (!account.share || now > account.leaseUntil) return null;
  const secret = new Uint8Array(account.files?.seed ?? account.seed);
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode("roundsman replica");
  const salt = new Uint8Array(account.share);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, material, 256));
}

function fold(login: string): string {
  return login.trim().toLowerCase();
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

function read<T>(database: IDBDatabase, name: string): Promise<T | undefined> {
  return settle(database.transaction(STORE).objectStore(STORE).get(name) as IDBRequest<T | undefined>);
}

async function write(database: IDBDatabase, name: string, value: unknown): Promise<void> {
  await settle(database.transaction(STORE, "readwrite", { durability: "strict" }).objectStore(STORE).put(value, name));
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}
