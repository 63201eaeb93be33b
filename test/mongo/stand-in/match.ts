// Whether a document fits a filter, as far as tests use filters: equality, dotted paths through arrays, comparisons, $in, $exists and
// the logical operators. An operator that is not known fails the command.

import { CommandError } from "./command-error.ts";
import { areSame, compareValues, type Doc, isDoc, isTrueAt } from "./bson.ts";

export function doesMatch(document: Doc, filter: Doc): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    if (name === "$and") return filtersOf(condition).every((each) => doesMatch(document, each));
    if (name === "$or") return filtersOf(condition).some((each) => doesMatch(document, each));
    if (name === "$nor") return !filtersOf(condition).some((each) => doesMatch(document, each));
    if (name === "$comment") return true;
    if (name.startsWith("$")) throw new CommandError(2, `unknown top level operator: ${name}`);
    return doesFit(valuesAt(document, name.split(".")), condition);
  });
}

function filtersOf(value: unknown): readonly Doc[] {
  if (Array.isArray(value)) return value.filter(isDoc);
  throw new CommandError(2, "$and/$or/$nor must be a nonempty array");
}

/** Every value that the path reaches; of an array itself and its elements. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const [name, ...rest] = path;
  if (name === undefined) return Array.isArray(value) ? [value, ...value] : [value];
  if (Array.isArray(value)) {
    const within = value.filter(isDoc).flatMap((each) => valuesAt(each, path));
    return /^\d+$/.test(name) ? [...valuesAt(value[Number(name)], rest), ...within] : within;
  }
  return isDoc(value) ? valuesAt(value[name], rest) : [undefined];
}

function doesFit(values: readonly unknown[], condition: unknown): boolean {
  const isOperators = isDoc(condition) && Object.keys(condition)[0]?.startsWith("$") === true;
  if (!isOperators) return values.some((value) => areSame(value, condition));
  return Object.keys(condition).every((operator) => doesOperatorFit(values, operator, condition));
}

function doesOperatorFit(values: readonly unknown[], operator: string, condition: Doc): boolean {
  const operand = condition[operator];
  const isAny = (test: (order: number) => boolean) =>
    values.some((value) => {
      const order = compareValues(value, operand);
      return order !== null && test(order);
    });
  switch (operator) {
    case "$eq":
      return values.some((value) => areSame(value, operand));
    case "$ne":
      return !values.some((value) => areSame(value, operand));
    case "$gt":
      return isAny((order) => order > 0);
    case "$gte":
      return isAny((order) => order >= 0);
    case "$lt":
      return isAny((order) => order < 0);
    case "$lte":
      return isAny((order) => order <= 0);
    case "$in":
      return isInList(values, operand);
    case "$nin":
      return !isInList(values, operand);
    case "$exists":
      return values.some((value) => value !== undefined) === isTrueAt(condition, operator);
    case "$not":
      return !doesFit(values, operand);
    default:
      throw new CommandError(2, `unknown operator: ${operator}`);
  }
}

function isInList(values: readonly unknown[], list: unknown): boolean {
  if (!Array.isArray(list)) throw new CommandError(2, "$in needs an array");
  return list.some((each) => values.some((value) => areSame(value, each)));
}
