package standin

// agreementTemplate is the template of the Microsoft Customer Agreement.
const agreementTemplate = "117a77b0-9360-443b-8795-c6dedc750cf9"

// adminLink is a delegated admin relationship, as Graph knows it.
type adminLink struct{ id string }

type cart struct{ id string }
