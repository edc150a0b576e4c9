/** Installs the compiler that the lock file names, where it is missing: `npm pack` alone then makes the package. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (!existsSync(`${root}node_modules/typescript`)) {
  const npm = process.env.npm_execpath;
  const [command, before] = npm ? [process.execPath, [npm]] : ['npm', []];
  // `npm pack --dry-run` tells its children to change nothing, but the compiler is needed all the same.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_config_dry')));
  const done = spawnSync(command, [...before, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0) {
    console.error('The compiler could not be installed. Run: npm ci');
    process.exit(1);
  }
}
