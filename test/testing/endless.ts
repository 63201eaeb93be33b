// A handler that never comes to rest.

export function handler(): void {
  for (;;);
}
