/** Hours since 1970-01-01T00:00Z as RFC 3339, to the hour. */
export const timeOfHour = (hour: number): string =>
  `${new Date(hour * 3_600_000).toISOString().slice(0, 13)}:00:00Z`;
