/** The one agent of the sidecar. */
export const AGENT_ID = "main";

/** The session that a client without a wish gets. */
export const MAIN_SESSION_KEY = "agent:main:main";
