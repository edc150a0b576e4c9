/** Roles and permissions, as the server has them. */

import { call } from "../api/client";
import type { Role } from "../api/pages";
import { t } from "../i18n";

/** Return the roles with what each may do, the one that may most first. */
export async function roles(): Promise<Role[]> {
  return (await call<{ roles: Role[] }>("GET", "/roles")).roles.toReversed();
}

/** Return the roles as a field offers them. */
export function roleChoices(known: Role[]): { value: string; words: string }[] {
  return known.map(({ name }) => ({ value: name, words: t(`role_${name}`) }));
}
