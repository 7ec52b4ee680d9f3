import "./forms.js";
