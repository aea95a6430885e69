// What makes pages quicker. Every page works without it.
import "./drawer.js";
import "./keys.js";
import "./forms.js";
import "./pick.js";
import "./live.js";
import "./palette.js";
import "./passkey.js";
