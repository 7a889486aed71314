import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['src/cluster/late.ts'],
    include: ['src/**/*.test.{ts,tsx}', 'tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'node_modules/**'],
    testTimeout: 30_000,
  },
});
