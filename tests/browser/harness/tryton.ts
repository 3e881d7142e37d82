import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);
const PROGRAM = fileURLToPath(new URL("tests/tryton/tryton.py", ROOT));
const FOLDER = fileURLToPath(new URL("target/tryton", ROOT));
/** What it ends with when Tryton cannot be installed. */
const CANNOT_INSTALL = 75;

/** Where it listens, and as whom to sign in. */
export interface Way {
  url: string;
  database: string;
  login: string;
  password: string;
}

/** A real Tryton with a small company in it. */
export class Tryton {
  readonly way: Way;
  readonly #process: ChildProcess;
  readonly #answers: Interface;

  private constructor(process: ChildProcess, answers: Interface, way: Way) {
    this.#process = process;
    this.#answers = answers;
    this.way = way;
  }

  /** Starts one; none when it cannot be installed here. */
  static async start(): Promise<Tryton | undefined> {
    const process = spawn("python3", [PROGRAM, FOLDER], { stdio: ["pipe", "pipe", "inherit"] });
    const answers = createInterface(process.stdout);
    const first = once(answers, "line") as Promise<[string]>;
    const ended = once(process, "exit") as Promise<[number | null]>;
    const said = await Promise.race([first, ended]);
    if (typeof said[0] === "string") return new Tryton(process, answers, JSON.parse(said[0]) as Way);
    if (said[0] === CANNOT_INSTALL) return undefined;
    throw new Error(`Tryton ended with ${said[0]}`);
  }

  /** Kills it at once, as a power cut does. */
  async kill(): Promise<void> {
    const done = once(this.#answers, "line");
    this.#process.stdin?.write("kill\n");
    await done;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.stdin?.end();
    await ended;
  }
}
