/** What a person sees when the mesh is up. */
import { relative } from 'node:path';
import { dataFolder, repository } from './folders.ts';
import type { Account, Mesh } from './mesh.ts';

export function addresses(mesh: Mesh): string {
  return table([
    ['edge', mesh.edgeUrl, 'Connect, gRPC-Web and REST; documentation at /docs'],
    ['edge, h2c', mesh.h2cUrl, 'gRPC and Connect'],
    ['phones', mesh.simulatorsUrl, 'what the simulated phones and mailboxes receive'],
    ...(mesh.dashboardUrl
      ? [['dashboard', mesh.dashboardUrl, 'the mesh as it is; this address opens it signed in']]
      : []),
    ['logs', `${relative(repository, dataFolder)}/logs`, 'one file for each process'],
  ]);
}

export function accountTable(accounts: readonly Account[]): string {
  const rows = accounts.map(({ role, name, email, password }) => [role, name, email, password]);
  return table([['role', 'name', 'email', 'password'], ...rows]);
}

/** Left-aligned columns, two spaces apart and two from the margin. */
export function table(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(width(column))).join('  ');
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join('\n');
}
