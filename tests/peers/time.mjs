// Waiting, with a limit.

/** Milliseconds since 1970, with fractions: the same clock in every process. */
export const now = () => performance.timeOrigin + performance.now()

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** The promise's value, or an error when it takes longer. */
export function deadline(promise, ms, what) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Waits until the condition holds, looking every two milliseconds. */
export async function until(holds, what, limitMs = 120_000) {
  for (const end = now() + limitMs; !(await holds()); await sleep(2)) {
    if (now() > end) throw new Error(`${what}: not after ${limitMs} ms`)
  }
}

/** Does the work on all items, so many at a time. */
export async function pool(items, atOnce, work) {
  let next = 0
  const worker = async () => {
    while (next < items.length) await work(items[next++])
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** The value below which so many percent lie. */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))]
}
