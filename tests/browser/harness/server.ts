import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PROGRAM = process.env["ROUNDSMAN_BINARY"] ?? fileURLToPath(new URL("../../../target/debug/roundsman", import.meta.url));
const ENVIRONMENT = { ...process.env, TZ: "Asia/Shanghai", NO_COLOR: "1" };
const START_MS_MAX = 20_000;

/** Makes the demo company once; each test gets a copy of its folder. At scale 0 it is small and has no past. */
export async function makeDemoData(scale: number): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), "roundsman-demo-")), "data");
  await promisify(execFile)(PROGRAM, ["demo", "--scale", String(scale), "--data", folder], { env: ENVIRONMENT });
  return folder;
}

/** The real server, on its own copy of a data folder. */
export class Server {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #log = "";

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  static async start(data: string): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "roundsman-test-"));
    await cp(data, folder, { recursive: true });
    const server = new Server(folder, await freePort());
    await server.restart();
    return server;
  }

  /** What it wrote to the terminal, over all its lives. */
  get log(): string {
    return this.#log;
  }

  /** `kill -9`: no goodbye, nothing flushed. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (!process || hasEnded(process)) return;
    process.kill("SIGKILL");
    await once(process, "exit");
  }

  /** Starts it on the same data and the same port. */
  async restart(): Promise<void> {
    await this.kill();
    const args = ["serve", "--data", this.#folder, "--port", String(this.port)];
    const process = spawn(PROGRAM, args, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] });
    for (const output of [process.stdout, process.stderr]) {
      output.on("data", (text: Buffer) => (this.#log += text.toString()));
    }
    this.#process = process;
    await this.#listening(process);
  }

  /** Changes its database while it is down, for what no screen can do yet. */
  async alter(sql: string, ...values: (string | number)[]): Promise<void> {
    await this.kill();
    const database = new DatabaseSync(join(this.#folder, "roundsman.sqlite"));
    database.prepare(sql).run(...values);
    database.close();
    await this.restart();
  }

  /** Brings in a file of the office while it is down. */
  async imports(kind: "products", csv: string): Promise<void> {
    await this.kill();
    const file = join(this.#folder, `${kind}.csv`);
    await writeFile(file, csv);
    await promisify(execFile)(PROGRAM, ["import", kind, file, "--data", this.#folder], { env: ENVIRONMENT });
    await this.restart();
  }

  /** Writes a backup while it runs. */
  async backUp(): Promise<string> {
    const file = join(this.#folder, "company.backup");
    await promisify(execFile)(PROGRAM, ["backup", file, "--data", this.#folder], { env: ENVIRONMENT });
    return file;
  }

  /** Puts a backup in the place of what it has. */
  async goesBackTo(backup: string): Promise<void> {
    await this.kill();
    await promisify(execFile)(PROGRAM, ["restore", backup, "--force", "--data", this.#folder], { env: ENVIRONMENT });
    await this.restart();
  }

  /** Ends it and forgets its data. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #listening(process: ChildProcess): Promise<void> {
    const end = Date.now() + START_MS_MAX;
    while (!(await answers(this.port))) {
      if (hasEnded(process) || Date.now() > end) throw new Error(`the server did not start:\n${this.#log}`);
      await wait(20);
    }
  }
}

function hasEnded(process: ChildProcess): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => (socket.destroy(), resolve(true)));
    socket.on("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}
