// Runs in the extension host what a test asks for, and answers what came of it.
//
// A request is {code, args}: the body of an async function that sees `vscode`, `args` and `kept`, an
// object that lives as long as the extension host. The answer is {value} or {error}. It listens on a
// Unix socket in a folder that belongs to the test alone, one per window, named after the workspace.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const vscode = require('vscode');

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
// `require` is kept there, for its cache tells what an extension has loaded.
const kept = { require };

async function answerTo(body) {
  try {
    const { code, args } = JSON.parse(body);
    const value = await new AsyncFunction('vscode', 'args', 'kept', code)(vscode, args, kept);
    return { value: value === undefined ? null : value };
  } catch (error) {
    return { error: String((error && error.stack) || error) };
  }
}

exports.activate = (context) => {
  const [folder] = vscode.workspace.workspaceFolders || [];
  const socket = path.join(process.env.PROBE_FOLDER, `${folder ? folder.name : 'none'}.sock`);
  fs.rmSync(socket, { force: true });
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', async () => response.end(JSON.stringify(await answerTo(body))));
  });
  server.listen(socket);
  context.subscriptions.push({ dispose: () => server.close() });
};
