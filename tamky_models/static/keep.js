// What is typed into a form is kept: on the server, and in this browser until the server has it.
(function () {
  "use strict";

  var EVERY_MS = 20000;
  var said = document.querySelector("[data-kept]");
  if (!said || !window.fetch || !window.URLSearchParams || !window.FormData) return;
  var form = said.closest("form");
  var told = said.dataset;
  // The copy belongs to one person: it is offered to nobody else who uses this machine.
  var key = "draft:" + told.user + ":" + told.path;
  var offer = document.querySelector("[data-kept-here]");
  var kept = words();
  var sending = false;
  var changedMeanwhile = false;
  var signedOut = false;

  // Of a file its name, so that it can be asked for again; the token belongs to the session.
  function words() {
    var typed = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (name !== "csrfmiddlewaretoken") typed.append(name, typeof value === "string" ? value : value.name);
    });
    return typed.toString();
  }

  // A browser may forbid storage altogether; then the reader is told that only the server keeps.
  function copyHere(typed) {
    try {
      window.localStorage.setItem(key, JSON.stringify({ at: Date.now(), draft: form.elements.draft.value, words: typed }));
      return true;
    } catch (error) {
      return false;
    }
  }

  function copyThere() {
    try {
      return JSON.parse(window.localStorage.getItem(key));
    } catch (error) {
      return null;
    }
  }

  function dropCopy() {
    try {
      window.localStorage.removeItem(key);
    } catch (error) {
      return;
    }
  }

  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  function saySignedOut() {
    if (said.querySelector("a")) return;
    var link = document.createElement("a");
    link.className = "govuk-link";
    link.href = told.signIn;
    link.target = "_blank";
    link.textContent = told.signInAgain;
    said.textContent = told.signedOut + " ";
    said.appendChild(link);
  }

  function ask(url, options) {
    options.credentials = "same-origin";
    options.redirect = "manual";
    signedOut = false;
    return fetch(url, options).then(function (response) {
      // Led to the sign-in page, refused as of an earlier session, or not this person's.
      signedOut = response.type === "opaqueredirect" || response.status === 403 || response.status === 404;
      if (!response.ok) throw new Error(String(response.status));
      return response.json();
    });
  }

  function send(typed) {
    return ask(told.url, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      body: new URLSearchParams(typed)
    });
  }

  // After signing in again in another tab this page goes on by itself, with the new session's token.
  function signInHere() {
    return ask(told.url + form.elements.draft.value + "/", {}).then(function (answer) {
      form.elements.csrfmiddlewaretoken.value = answer.token;
      return answer;
    });
  }

  function keep() {
    var typed = words();
    changedMeanwhile = sending;
    if (sending || (typed === kept && !signedOut)) return;
    sending = true;
    var answered = typed === kept ? signInHere() : send(typed).catch(function (error) {
      if (error.message !== "403") throw error;
      return signInHere().then(function () { return send(typed); });
    });
    answered.then(function (answer) {
      // Stored and gone back to: from now on it is another form. Unless it is just being sent.
      if (answer.stored) {
        if (form.hasAttribute("data-sent")) return;
        form.elements.draft.value = answer.anew;
        changedMeanwhile = true;
        return;
      }
      kept = typed;
      if (words() === typed) dropCopy();
      say(told.saved.replace("{time}", answer.time));
    }).catch(function () {
      var isHere = copyHere(words());
      // The server has kept it all the same: whose form it is, is signed.
      kept = signedOut ? typed : null;
      if (signedOut) saySignedOut();
      else say(isHere ? told.local : told.lost);
    }).then(function () {
      sending = false;
      if (changedMeanwhile) keep();
    });
  }

  // The field itself is never written to while somebody types: UniKey deletes and inserts again.
  var later;
  form.addEventListener("input", function () {
    window.clearTimeout(later);
    later = window.setTimeout(function () {
      if (words() !== kept) copyHere(words());
    }, 400);
  });
  form.addEventListener("change", keep);
  window.addEventListener("online", keep);
  window.addEventListener("focus", keep);
  window.setInterval(keep, EVERY_MS);
  window.addEventListener("pagehide", function () {
    if (words() !== kept) copyHere(words());
  });

  // What is still here from before is offered, unless the server has stored it in the meantime.
  var copy = copyThere();
  if (copy && offer) {
    if (copy.draft === form.elements.draft.value && copy.words === words()) return;
    fetch(told.url + copy.draft + "/", { credentials: "same-origin", redirect: "manual" }).then(function (response) {
      return response.ok ? response.json() : null;
    }, function () {
      return null;
    }).then(function (answer) {
      if (answer && (answer.stored || answer.kept >= copy.at)) dropCopy();
      else offer.hidden = false;
    });
    offer.querySelector("[data-kept-take]").addEventListener("click", function () {
      giveBack(new URLSearchParams(copy.words));
      offer.hidden = true;
      keep();
    });
    offer.querySelector("[data-kept-drop]").addEventListener("click", function () {
      dropCopy();
      offer.hidden = true;
    });
  }

  function giveBack(typed) {
    Array.prototype.forEach.call(form.elements, function (field) {
      var values = typed.getAll(field.name);
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.indexOf(field.value) >= 0;
      // With the version it was written on: if others have saved since, both texts are shown.
      else if (field.name === "version" || (field.type !== "hidden" && field.type !== "file")) {
        if (values.length) field.value = values[0];
      }
    });
  }
})();
