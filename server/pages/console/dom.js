/** Elements. Everything that a flow, a model or a person said becomes a text node, never markup. */

/**
 * Return an element.
 *
 * `properties` are those of the element (`className`, `onclick`, `value`), or attributes where the name has a
 * dash; children that are no elements become text, and null, undefined and false are left out.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Return an error as people read it. */
export function complaint(error) {
  return element("p", { className: "error", role: "alert" }, String(error?.message || error));
}

/** Return a value as indented JSON, or as it is where it is text. */
export function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Return a status as a badge. */
export function badge(status) {
  return element("span", { className: `badge ${status}` }, status.replace("_", " "));
}

/** Return milliseconds as people say them. */
export function lasted(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "";
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Return a time of the API in this browser's words. */
export function moment(time) {
  return time ? new Date(time).toLocaleString() : "";
}
