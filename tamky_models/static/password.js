// A button beside a password that shows what was typed, and hides it again before it is sent.
(function () {
  "use strict";

  document.querySelectorAll("[data-show][data-hide]").forEach(function (button) {
    var input = document.getElementById(button.getAttribute("aria-controls"));
    var said = button.nextElementSibling;

    function show(visible) {
      input.type = visible ? "text" : "password";
      button.textContent = button.getAttribute(visible ? "data-hide" : "data-show");
    }

    button.hidden = false;
    button.addEventListener("click", function () {
      show(input.type === "password");
      said.textContent = button.getAttribute(input.type === "text" ? "data-shown" : "data-hidden");
    });
    // A browser would offer to remember, as words, what is shown while it is sent.
    input.form.addEventListener("submit", function () { show(false); });
    window.addEventListener("pageshow", function () { show(false); });
  });
})();
