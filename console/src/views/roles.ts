/** Roles and permissions, as the API names them. */

export const ROLES = ["owner", "editor", "runner", "viewer"] as const;

export const SCOPES = [
  "flows:read", "flows:write", "runs:start", "runs:read", "sessions:all", "knowledge:read", "knowledge:write", "tools:read", "tools:write",
  "connections:read", "connections:write", "credentials:read", "credentials:write", "embeds:read", "embeds:write", "costs:read", "costs:write",
  "keys:read", "keys:write", "users:read", "users:write", "audit:read", "metrics:read", "account",
]; // prettier-ignore
