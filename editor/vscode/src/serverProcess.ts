// The server's process: its streams for the client, how it ended, and its end if it does not go.

import { type ChildProcess, spawn } from 'node:child_process';
import type { ServerCommand } from './server/findServer';

const GOODBYE_MS = 3000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class ServerProcess {
  readonly exited: Promise<Exit>;

  private constructor(private readonly child: ChildProcess) {
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
  }

  /** Rejects with a line where the program cannot be run. */
  static async start(
    { command, args, env }: ServerCommand,
    onStderr: (text: string) => void,
  ): Promise<ServerProcess> {
    const child = spawn(command, args, { env, stdio: 'pipe', windowsHide: true });
    const server = new ServerProcess(child);
    child.stderr.setEncoding('utf8').on('data', onStderr);
    // The client tells of what it cannot write; without a listener Node would end all extensions.
    child.stdin.on('error', () => undefined);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(new Error(`cannot run '${command}' (${error.message}): see dictate.server.path`));
      });
    });
    return server;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get streams(): { stdout: NodeJS.ReadableStream; stdin: NodeJS.WritableStream } {
    const { stdin, stdout } = this.child;
    if (!stdin || !stdout) throw new Error('the server has no standard streams');
    return { stdout, stdin };
  }

  /** Resolves when it is gone, by itself or by force. */
  async gone(waitMs = GOODBYE_MS): Promise<void> {
    const timer = setTimeout(() => {
      this.child.kill('SIGKILL');
    }, waitMs);
    await this.exited;
    clearTimeout(timer);
  }
}

/** Why it ended, in few words. */
export function cause({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`;
}
