// A form that asks for a security key: data-security-key says whether one is added ("create") or
// used ("get"). What the server asks stands in #key-options; the answer goes into the form.
(function () {
  "use strict";

  var form = document.querySelector("[data-security-key]");
  var options = document.getElementById("key-options");
  if (!form || !options || !window.PublicKeyCredential) { return; }
  var failed = form.querySelector("[data-failed]");
  var use = form.getAttribute("data-security-key");
  form.hidden = false;

  form.querySelector("[data-ask]").addEventListener("click", function () {
    failed.hidden = true;
    window.webauthnJSON[use](JSON.parse(options.textContent)).then(function (credential) {
      form.querySelector("[name=credential]").value = JSON.stringify(credential);
      form.submit();
    }).catch(function () { failed.hidden = false; });
  });
})();
