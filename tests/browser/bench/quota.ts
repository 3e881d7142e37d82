/** A quarter of this machine for all processes of a browser: page throttling does not reach a worker. */

import { chmod, mkdir, mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

const PERIOD_US = 100_000;
const V1 = "/sys/fs/cgroup/cpu";
const V2 = "/sys/fs/cgroup";

export interface Quota {
  /** Starts the browser inside the group. */
  executable: string;
  /** Whether this machine lets us limit anything. */
  works: boolean;
  on(): Promise<void>;
  off(): Promise<void>;
  remove(): Promise<void>;
}

/** A control group for `browser`, without a limit yet. */
export async function quota(browser: string): Promise<Quota> {
  const folder = await mkdtemp(join(tmpdir(), "roundsman-bench-"));
  const name = `roundsman-bench-${process.pid}`;
  const group = (await made(join(V1, name), "cpu.cfs_quota_us")) ?? (await made(join(V2, name), "cpu.max"));
  if (!group) {
    const nothing = async () => {};
    return { executable: browser, works: false, on: nothing, off: nothing, remove: () => rm(folder, { recursive: true }) };
  }
  const executable = join(folder, "browser");
  await writeFile(executable, `#!/bin/sh\necho $$ > ${group.path}/cgroup.procs\nexec ${browser} "$@"\n`);
  await chmod(executable, 0o755);
  const limited = String(Math.round((PERIOD_US * availableParallelism()) / 4));
  const set = (limit: string) => writeFile(join(group.path, group.file), group.file === "cpu.max" ? `${limit} ${PERIOD_US}` : limit);
  return {
    executable,
    works: true,
    on: () => set(limited),
    off: () => set(group.file === "cpu.max" ? "max" : "-1"),
    remove: async () => {
      await rm(folder, { recursive: true });
      await rmdir(group.path).catch(() => undefined);
    },
  };
}

async function made(path: string, file: string): Promise<{ path: string; file: string } | null> {
  try {
    await mkdir(path);
    await writeFile(join(path, file), file === "cpu.max" ? `max ${PERIOD_US}` : "-1");
    return { path, file };
  } catch {
    await rmdir(path).catch(() => undefined);
    return null;
  }
}
