import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "specs",
  outputDir: "results",
  snapshotPathTemplate: "{testDir}/snapshots/{arg}{ext}",
  // One server and one browser at a time: what a test measures is its own.
  workers: 1,
  retries: 0,
  forbidOnly: process.env["CI"] !== undefined,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env["ROUNDSMAN_CHROMIUM"] ?? "/usr/bin/chromium",
      // The client package's files are handed out by the test itself, so their page counts as a public one.
      args: ["--disable-features=LocalNetworkAccessChecks", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
    actionTimeout: 15_000,
    trace: "retain-on-failure",
  },
});
