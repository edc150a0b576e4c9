/** Brings a flow file into the workspace. */

import { call } from "../api/client";
import { t } from "../i18n";

interface Report {
  imported: boolean;
  id: string | null;
  errors: { message: string }[];
}

/**
 * Store a flow file, as an upload or as the object that it holds. Return the id of the flow.
 *
 * Throws an Error with everything that is missing or wrong.
 */
export async function bringIn(file: FormData | object): Promise<string> {
  const report = await call<Report>("POST", "/flows/import", { body: file });
  if (!report.imported || !report.id) throw new Error(t("importTrouble", { reason: report.errors.map((each) => each.message).join(" ") }));
  return report.id;
}
