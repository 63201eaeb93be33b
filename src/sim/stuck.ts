// Two ways in which a scenario cannot go on; neither is a crash of the runner.

/** What was waited for did not come: a difference like any other. */
export class Stuck extends Error {}

/** The API itself said that what was asked for is not built yet: the scenario is skipped for that reason. */
export class Unbuilt extends Error {}
