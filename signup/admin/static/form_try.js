// Runs before the form's script: what it remembers about pauses and visits must not hide the form from its maker.
"use strict";

localStorage.clear();
sessionStorage.clear();
