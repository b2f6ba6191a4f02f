#include "plots/figure.hpp"

#include <fmt/format.h>
#include <gnuplot-iostream.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <future>
#include <stdexcept>

#include "core/base/atomic_file.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"

namespace digon {
namespace {

constexpr const char* font = "DejaVu Sans";

// Nine steps of viridis.
constexpr std::array<std::array<int, 3>, 9> viridis{{{68, 1, 84},
                                                     {71, 44, 122},
                                                     {59, 81, 139},
                                                     {44, 113, 142},
                                                     {33, 144, 141},
                                                     {39, 173, 129},
                                                     {92, 200, 99},
                                                     {170, 220, 50},
                                                     {253, 231, 37}}};

}  // namespace

const char* const sequential_palette =
    "set palette defined (0 '#440154', 1 '#472c7a', 2 '#3b518b', 3 '#2c718e', 4 '#21908d', 5 '#27ad81', "
    "6 '#5cc863', 7 '#aadc32', 8 '#fde725')\n";
const char* const diverging_palette =
    "set palette defined (-4 '#053061', -3 '#2166ac', -2 '#67a9cf', -1 '#d1e5f0', 0 '#ffffff', 1 '#fddbc7', "
    "2 '#ef8a62', 3 '#b2182b', 4 '#67001f')\n";

std::string_view feature_color(std::size_t feature) {
  constexpr std::array<std::string_view, 8> colors{"#0072b2", "#e69f00", "#009e73", "#d55e00",
                                                   "#cc79a7", "#56b4e9", "#000000", "#f0e442"};
  return colors[feature % colors.size()];
}

std::string ordered_color(double share) {
  const double position = std::clamp(share, 0.0, 1.0) * double(viridis.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(position), viridis.size() - 2);
  const double part = position - double(below);
  const auto mix = [&](std::size_t channel) {
    return static_cast<int>(
        std::lround((1.0 - part) * viridis[below][channel] + part * viridis[below + 1][channel]));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2));
}

Figure::Figure(int width, int height) : width_(width), height_(height) {
  script_ << "set encoding utf8\nset style fill solid noborder\nset border lc rgb '#444444'\n"
             "set tics textcolor rgb '#222222'\n";
}

void Figure::data(std::string_view name, const std::vector<std::vector<double>>& rows) {
  script_ << '$' << name << " << EOD\n";
  for (const std::vector<double>& row : rows) {
    for (const double value : row) script_ << fmt::format("{} ", value);
    script_ << '\n';
  }
  script_ << "EOD\n";
}

void Figure::place(int left, int bottom, int width, int height) {
  script_ << fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n", double(left) / width_,
                         double(left + width) / width_)
          << fmt::format("set bmargin at screen {}\nset tmargin at screen {}\n", double(bottom) / height_,
                         double(bottom + height) / height_);
}

std::string subscripted(const std::string& name) {
  constexpr std::string_view digits = "0123456789";
  std::string text = name;
  for (std::size_t at = 0; (at = text.find('_', at)) != std::string::npos; ++at) {
    const std::size_t end = std::min(text.find_first_not_of(digits, at + 1), text.size());
    if (end == at + 1) continue;
    text.insert(end, "}");
    text.insert(at + 1, "{");
  }
  return text;
}

std::string plain_text(const std::string& text) {
  constexpr std::string_view opening = "{/:Italic ";
  std::string plain = text;
  for (std::size_t at = 0; (at = plain.find(opening, at)) != std::string::npos;) {
    const std::size_t end = plain.find('}', at);
    if (end == std::string::npos) break;
    plain.erase(end, 1).erase(at, opening.size());
  }
  return plain;
}

void Figure::can_be_pointed_at(PlotPoints points) {
  // gnuplot alone knows the ranges it settled on, and where the frame came to lie.
  script_ << fmt::format(
      "plot_{} = sprintf('%.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g', GPVAL_TERM_XMIN, "
      "GPVAL_TERM_XMAX, "
      "GPVAL_TERM_YMIN, GPVAL_TERM_YMAX, GPVAL_X_MIN, GPVAL_X_MAX, GPVAL_Y_MIN, GPVAL_Y_MAX)\n",
      points_.size());
  points_.push_back(std::move(points));
}

namespace {

/// Where a plot's frame lies on the figure, in pixels from its lower left corner, and the range of its axes.
struct Frame {
  double left, right, bottom, top, x_first, x_last, y_first, y_last;
};

double share(double value, double first, double last, AxisScale scale) {
  if (scale == AxisScale::logarithmic) return std::log(value / first) / std::log(last / first);
  return (value - first) / (last - first);
}

nlohmann::json describe(const PlotPoints& plot, const Frame& frame, double width, double height) {
  const auto rounded = [](double value) { return std::round(value * 1e5) / 1e5; };
  nlohmann::json points = nlohmann::json::array();
  for (const PlotPoint& point : plot.points) {
    const double across = share(point.x, frame.x_first, frame.x_last, plot.x_scale);
    const double up = share(point.y, frame.y_first, frame.y_last, plot.y_scale);
    nlohmann::json entry = {rounded((frame.left + across * (frame.right - frame.left)) / width),
                            rounded(1.0 - (frame.bottom + up * (frame.top - frame.bottom)) / height)};
    for (const std::string& value : point.values) entry.push_back(value);
    points.push_back(std::move(entry));
  }
  return {{"left", rounded(frame.left / width)},
          {"right", rounded(frame.right / width)},
          {"top", rounded(1.0 - frame.top / height)},
          {"bottom", rounded(1.0 - frame.bottom / height)},
          {"columns", plot.columns},
          {"points", points}};
}

/// A word of the shell.
std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "";
  const std::size_t begin = text.rfind('\n', end);
  return text.substr(begin + 1, end - begin);
}

/// What gnuplot prints last where no command of the script has failed.
constexpr const char* without_error = "drawn";

/// Whether a figure is there to its end: gnuplot does not look whether what it writes fits on the disk.
bool is_whole_figure(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return false;
  const std::string bytes = read_file(file);
  const std::string_view end =
      std::string_view(bytes).substr(bytes.size() - std::min<std::size_t>(bytes.size(), 16));
  return end.find("</svg>") != std::string_view::npos || end.find("IEND") != std::string_view::npos;
}

/// While it lives, writing to a gnuplot that has ended is an error, and no SIGPIPE that ends the program. It
/// is held back from this thread alone: what others do about the signal stays.
class IgnoredPipeSignal {
 public:
  IgnoredPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~IgnoredPipeSignal() {
    constexpr timespec at_once{};
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  IgnoredPipeSignal(const IgnoredPipeSignal&) = delete;
  IgnoredPipeSignal& operator=(const IgnoredPipeSignal&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

}  // namespace

void Figure::save(const std::filesystem::path& path) const {
  write_file_atomically(path.string() + ".gp", script_.str());
  // pngcairo's font sizes are points of 1/72 inch at 96 dots an inch, SVG's are dots.
  std::future<std::string> png = std::async(std::launch::async, [&] {
    return render(path.string() + ".png",
                  fmt::format("pngcairo size {},{} enhanced font '{},9' fontscale 2 linewidth 2 "
                              "pointscale 2 background rgb 'white'",
                              2 * width_, 2 * height_, font));
  });
  std::string print;
  for (std::size_t k = 0; k < points_.size(); ++k) print += fmt::format("print plot_{}\n", k);
  std::istringstream frames(
      render(path.string() + ".svg",
             fmt::format("svg size {},{} dynamic enhanced font '{},12' background rgb 'white'", width_,
                         height_, font),
             print));
  png.get();
  if (points_.empty()) return;
  nlohmann::json areas = nlohmann::json::array();
  for (const PlotPoints& plot : points_) {
    Frame at{};
    if (!(frames >> at.left >> at.right >> at.bottom >> at.top >> at.x_first >> at.x_last >> at.y_first >>
          at.y_last)) {
      throw std::runtime_error("gnuplot did not say where the plots of " + path.string() + " are");
    }
    areas.push_back(describe(plot, at, width_, height_));
  }
  write_file_atomically(path.string() + ".points.json", dump_json({{"areas", areas}}) + "\n");
}

std::string Figure::render(const std::filesystem::path& file, const std::string& terminal,
                           const std::string& after) const {
  const std::filesystem::path unfinished =
      file.parent_path() / ("." + file.filename().string() + ".unfinished");
  const std::filesystem::path printed =
      file.parent_path() / ("." + file.filename().string() + ".printed.unfinished");
  const std::filesystem::path messages =
      file.parent_path() / ("." + file.filename().string() + ".messages.unfinished");
  std::filesystem::remove(unfinished);
  {
    const IgnoredPipeSignal ignored;
    // What it says is of no interest where it draws: in the C locale it complains of every degree sign it
    // converts.
    Gnuplot gnuplot("gnuplot 2>" + shell_quoted(messages.string()));
    gnuplot << "set terminal " << terminal << "\nset output '" << unfinished.string() << "'\n"
            << script_.str() << "\nset output\n";
    gnuplot << "set print '" << printed.string() << "'\n"
            << after << "print exists('GPVAL_ERRNO') && GPVAL_ERRNO ? '' : '" << without_error
            << "'\nunset print\n";
  }
  // After an error it goes on, and what it draws then is a figure too.
  std::string lines = std::filesystem::exists(printed) ? read_file(printed) : "";
  const bool has_no_error = lines.ends_with(without_error + std::string("\n"));
  const std::string said = std::filesystem::exists(messages) ? last_line(read_file(messages)) : "";
  std::filesystem::remove(messages);
  if (!has_no_error || !is_whole_figure(unfinished)) {
    std::error_code error;
    const bool is_full = is_disk_full(file.parent_path());
    std::filesystem::remove(unfinished, error);
    std::filesystem::remove(printed, error);
    throw_if_interrupted();  // gnuplot too gets the signals of a terminal
    const std::string reason = is_full ? "No space left on device" : said;
    throw std::runtime_error("gnuplot did not draw " + file.string() + (reason.empty() ? "" : ": " + reason));
  }
  std::filesystem::rename(unfinished, file);
  std::filesystem::remove(printed);
  return lines;
}

}  // namespace digon
