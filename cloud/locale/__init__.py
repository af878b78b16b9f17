"""Words on the screens of headquarters: gettext catalogues, English and Simplified Chinese."""
