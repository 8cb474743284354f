package io.holdfast.experiment;

import io.holdfast.common.SettingsReader;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code track}: a server that runs are told of, which changes nothing in them.
 *
 * @param server MLflow's address, such as {@code http://localhost:5000}
 * @param experiment its name there
 */
public record TrackSection(URI server, String experiment) {
  static final String KEY = "track";
  private static final String SERVER = "mlflow";
  private static final String ADDRESS = "an address such as http://localhost:5000";

  /** Reads the section; problems go to the reader. */
  static @Nullable TrackSection read(SettingsReader r) {
    if (!r.has(KEY)) {
      return null;
    }
    SettingsReader s = r.section(KEY);
    String text = s.text(SERVER);
    String experiment = s.text("experiment", "holdfast");
    URI server = address(text);
    if (server == null && !text.isEmpty()) {
      s.reject(SERVER, ADDRESS, '"' + text + '"', null);
    }
    return server == null ? null : new TrackSection(server, experiment);
  }

  private static @Nullable URI address(String text) {
    try {
      URI uri = new URI(text);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      return http && uri.getHost() != null ? uri : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }
}
